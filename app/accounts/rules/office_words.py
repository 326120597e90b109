"""Words that are tried first against a Chinese office, which lists of English passwords lack. In pinyin, the usual ones first."""

OFFICE_WORDS = """
admin admin123 wardmap shouwang shouwangtu mima woaini woaiwo aini woaizhongguo zhongguo beijing nanjing shanghai jiangsu
shequ jiedao juweihui jiedaoban banshichu shequju wangge wanggeyuan zerenqu zerenren guihua diaodu anquan guanli guanliyuan
xitong yonghu denglu zhanghao shenji zhiyuanzhe zhiban zhihui zhihuibu yingji fangxun fanghong kanghong xunfang paiban dushu
louzhang loudong danyuan xiaoqu wuye minjing paichusuo zhengfu qu shi sheng xian zhen xiang cun lu jie hao dong
gongzuo bangong bangongshi dangwei dangyuan dangjian zhibu shuji zhuren kezhang juzhang chuzhang jingli laoban tongzhi renmin
renminzhengfu fuwu weiwen zongzhi minzheng chengguan weisheng jiankang yiyuan xuexiao jiaoyu gongan xiaofang jiuyuan jiuzai
diqu quyu ditu dizhi menpai menpaihao huji hukou renkou jumin yezhu zuke laoren ertong funv canji dibao
gulou xuanwu jianye qinhuai yuhuatai qixia pukou jiangning luhe lishui gaochun xinjiekou hunan hubei henan hebei shandong
shanxi guangdong guangzhou shenzhen hangzhou zhejiang suzhou wuxi changzhou zhenjiang yangzhou taizhou nantong xuzhou lianyungang
huaian yancheng suqian wuhan chengdu sichuan chongqing tianjin xian anhui hefei fujian fuzhou xiamen jiangxi nanchang
changjiang huanghe huaihe taihu xuanwuhu zijinshan yangzi jiangbei jiangnan dadi dafang shuiwei shuiku hedao pafang bengzhan
wang li zhang liu chen yang zhao huang zhou wu xu sun hu zhu gao lin he guo ma luo liang song zheng xie han tang feng yu
dong xiao cheng cao yuan deng fu shen zeng peng lv su lu jiang cai jia ding wei xue ye yan pan du dai xia zhong tian ren fan
wangwei zhangwei liwei liuwei zhangmin wangfang lina liming wangming zhangli wanglei lijun zhanglei yangyang xiaoming laowang
gege didi jiejie meimei baba mama laopo laogong baobao baobei erzi nver pengyou tongxue laoshi xuesheng
kuaile xingfu pingan fafa facai gongxi xinnian chunjie zhongqiu guoqing shengri ziyou meili hao nihao zaijian xiexie
yi er san si wu liu qi ba jiu shi bai qian wan yiersan yiersansi wuerling yisheng yishi 5201314 520520 1314520 168168 888888
666666 123123 112233 147258 159357 qazwsx wsxedc zaq12wsx qweasd qweasdzxc asdzxc asdqwe poiuyt mnbvcxz a123456 aa123456 q123456
abc123 qq123456 woaini520 woaini1314 wo ai ni ta men de shi bu zai you zhe na ge dou lai qu shang xia zuo jin mingtian
jintian zuotian xingqi nian yue ri dian fen miao chun xia qiu dong tiananmen changcheng longnian huwei kangzhan jianguo
password passwd pass root test guest user login welcome changeme default temp office district street community zone map system
security auditor planner dispatcher volunteer manager master server service computer internet wangluo diannao shouji dianhua
"""
